import { Body, Controller, Post, Sse, UseGuards, type MessageEvent } from '@nestjs/common';
import { CurrentPrincipal, RequireLogin, Session, SessionGuard, type UserSession } from 'nest-session';
import { filter, map, Subject, type Observable } from 'rxjs';

interface News {
  readonly to: string;
  readonly text: string;
}

@Controller()
export class NewsController {
  readonly #news = new Subject<News>();

  @Post('login')
  async login(@Session() session: UserSession, @Body() { user }: { user: string }) {
    await session.login(user); // after your check of the password
    return { user };
  }

  @Post('logout')
  async logout(@Session() session: UserSession) {
    await session.destroy();
    return {};
  }

  @Post('news')
  send(@Body() news: News) {
    this.#news.next(news);
    return {};
  }

  @Sse('news')
  @UseGuards(SessionGuard)
  @RequireLogin()
  news(@CurrentPrincipal() user: string): Observable<MessageEvent> {
    return this.#news.pipe(
      filter(({ to }) => to === user),
      map(({ text }) => ({ data: { text } })),
    );
  }
}
