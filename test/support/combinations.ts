/** Every combination of the values that each property may have. */
export function combinations<T extends object>(domains: { readonly [K in keyof T]: readonly T[K][] }): T[] {
  let all: Partial<T>[] = [{}];
  for (const name of Object.keys(domains) as (keyof T)[]) {
    all = all.flatMap((one) => domains[name].map((value) => ({ ...one, [name]: value })));
  }
  return all as T[];
}

export const BOOLEANS = [true, false] as const;
