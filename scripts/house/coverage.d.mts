/** A function that ran: its file and name, its text from `class` or its first token on, and its number of calls. */
export interface CountedFunction {
  readonly file: string;
  readonly name: string;
  readonly text: string;
  readonly count: number;
}

/** Files, functions and calls of one request. */
export interface RequestMeasures {
  readonly files: number;
  readonly functions: number;
  readonly calls: number;
  readonly uneven: readonly string[];
}

/** Files, functions and calls of one request, from the counts of several. */
export function perRequest(calls: readonly CountedFunction[], requests: number): RequestMeasures;

/** Classes with a constructor or fields of their own that were instantiated at least once for each request. */
export function classesPerRequest(
  calls: readonly CountedFunction[],
  requests: number,
): Pick<CountedFunction, 'file' | 'name' | 'count'>[];
