/** The text of each picture by its path from the root of the repository. */
export function drawArchitecture(root: string): Promise<ReadonlyMap<string, string>>;
