export * from 'nest-session/express';
export { default, session as 'module.exports' } from 'nest-session/express';
