import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';

export interface User {
  readonly id: string;
}

@Injectable()
export class LocalStrategy extends PassportStrategy(Strategy) {
  async validate(username: string, password: string): Promise<User | null> {
    // Ask your database here. For null the guard responds 401.
    return username === 'ada' && password === 'analytical-engine' ? { id: 'u1' } : null;
  }
}
