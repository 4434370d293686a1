/** Shows the news of the user, until the session has ended. */
export function showNews(url: string, show: (text: string) => void, signedOut: () => void): EventSource {
  const source = new EventSource(url);
  source.addEventListener('message', ({ data }) => {
    const { text } = JSON.parse(String(data)) as { text: string };
    show(text);
  });
  source.addEventListener('error', () => {
    // While it reconnects it is CONNECTING. After a response such as 401 it gives up.
    if (source.readyState === EventSource.CLOSED) signedOut();
  });
  return source;
}
