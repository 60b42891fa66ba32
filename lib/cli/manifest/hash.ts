import { command } from '../command.ts';
import { FILE, readManifestFile } from './file.ts';

export const hash = command({
  name: 'hash',
  summary: "Print a manifest's hash, without a server",
  details:
    'The hash is of the canonical form: comments, order, layout and written-out defaults do not count. A build takes ' +
    'it as --manifest-hash.',
  args: FILE,
  optionalArgs: ['file'],
  examples: ['staithe manifest hash', 'staithe manifest hash services/staithe.yaml'],
  calls: [],
  async run({ args }, { terminal }) {
    const { hash: manifestHash } = readManifestFile(args.file, terminal.json);
    return { json: { manifest_hash: manifestHash }, text: manifestHash };
  },
});
