import { Controller, Get, Header } from '@nestjs/common';
import { STYLE } from './style.js';

@Controller()
export class StyleController {
  @Get('style.css')
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  style(): string {
    return STYLE;
  }
}
