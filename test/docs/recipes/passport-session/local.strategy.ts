import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';

@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  async validate(username: string, password: string) {
    // Ask your database here. For null the guard responds 401.
    return username === 'ada' && password === 'analytical-engine' ? { id: 'u1' } : null;
  }
}
