import { io, type Socket } from 'socket.io-client';

export function chat(url: string, showLogin: (reason: string) => void, options = {}): Socket {
  const socket = io(url, { withCredentials: true, ...options });
  socket.on('session-ended', ({ reason }: { reason: string }) => showLogin(reason));
  return socket;
}
