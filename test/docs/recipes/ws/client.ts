export function prices(url: string, showLogin: (reason: string) => void): WebSocket {
  const socket = new WebSocket(url);
  socket.addEventListener('close', ({ code, reason }) => {
    if (code === 1008) showLogin(reason);
  });
  return socket;
}
