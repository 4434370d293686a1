import type { IncomingMessage } from 'node:http';
import { UseGuards } from '@nestjs/common';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { loadSession, RequireLogin, Session, SessionGuard, type UserSession } from 'nest-session';
import type { WebSocket } from 'ws';

@WebSocketGateway({ path: '/prices' })
@UseGuards(SessionGuard)
@RequireLogin()
export class PricesGateway implements OnGatewayConnection {
  // Guards run for messages, not here.
  async handleConnection(client: WebSocket, request: IncomingMessage): Promise<void> {
    const session = await loadSession(request);
    if (session?.principal == null) client.close(1008, 'no login');
  }

  @SubscribeMessage('watch')
  async watch(@Session() session: UserSession, @MessageBody() symbol: string) {
    session.update('watched', (watched) => [...((watched as string[] | undefined) ?? []), symbol]);
    await session.save(); // no response saves it
    return { event: 'watched', data: session['watched'] };
  }
}
