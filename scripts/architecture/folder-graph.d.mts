import type { Module } from '../house/sources.mjs';

/** An arrow from the folder that imports to the folder that it imports. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** The folders at the first level, the stores, and the imports between them. */
export interface FolderGraph {
  readonly folders: readonly { readonly name: string; readonly subfolders: readonly string[] }[];
  readonly arrows: readonly Arrow[];
  readonly stores: readonly string[];
  readonly storeArrows: readonly Arrow[];
}

/** The graph of the folders of `modules`, without arrows that follow from others. */
export function folderGraph(modules: readonly Module[]): FolderGraph;
