/** What happens to the next output of a response. */
export type GateState =
  | 'new' // It starts the commit.
  | 'holding' // It is held until the commit has settled.
  | 'end-held' // It is dropped: the end of the response is held.
  | 'streaming' // It is sent. The end starts another commit first.
  | 'committed' // It is sent, also the end.
  | 'ended' // It is sent, except a second end.
  | 'failed'; // The commit failed: the failed response decides.
