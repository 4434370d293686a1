import { UseGuards } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  type OnGatewayConnection,
} from '@nestjs/websockets';
import { CurrentPrincipal, loadSession, RequireLogin, SessionGuard } from 'nest-session';
import type { Server, Socket } from 'socket.io';

@WebSocketGateway()
@UseGuards(SessionGuard)
@RequireLogin()
export class ChatGateway implements OnGatewayConnection {
  @WebSocketServer() private readonly server!: Server;

  // Guards run for messages, not here.
  async handleConnection(client: Socket): Promise<void> {
    const session = await loadSession(client.request);
    if (session?.principal == null) client.disconnect(true);
    else await client.join(`user ${session.principal}`);
  }

  @SubscribeMessage('say')
  say(@CurrentPrincipal() from: string, @MessageBody() { to, text }: { to: string; text: string }) {
    this.server.to(`user ${to}`).emit('said', { from, text });
  }

  @SubscribeMessage('typing')
  typing(@ConnectedSocket() client: Socket) {
    client.broadcast.emit('typing');
  }
}
