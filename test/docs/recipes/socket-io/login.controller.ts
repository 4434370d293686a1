import { Body, Controller, Post } from '@nestjs/common';
import { Session, type UserSession } from 'nest-session';

@Controller()
export class LoginController {
  @Post('login')
  async login(@Session() session: UserSession, @Body() { name }: { name: string }) {
    await session.login(name); // after the password was checked
    return { name };
  }

  @Post('logout')
  async logout(@Session() session: UserSession) {
    await session.destroy(); // closes the sockets of this session
    return {};
  }
}
