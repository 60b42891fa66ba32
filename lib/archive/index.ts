/** Archives: safe unpacking of what strangers send, and packing in which the same files are the same bytes. */
export { ArchiveError, type ArchiveErrorCode } from './error.ts';
export type { Limits } from './limits.ts';
export { foldingOf, type NameFolding } from './name-folding.ts';
export { type PackFilesOptions, type PackFilesResult, packFiles, type SearchedGlob } from './pack-files.ts';
export { type PackedTree, type PackProgress, type PackTreeOptions, packTree } from './pack-tree.ts';
export type { PackedBytes } from './packed-bytes.ts';
export { type ArchivedFile, readFiles } from './read-files.ts';
export type { LeftOut } from './source-files.ts';
export { type ReadSurvey, type Survey, surveyTree } from './survey.ts';
export { type ArchiveFormat, type Unpacked, type UnpackOptions, unpack } from './unpack.ts';
