import { command } from '../command.ts';
import { fields } from '../terminal/table.ts';
import { doubtNotes, FILE, readManifestFile } from './file.ts';

export const check = command({
  name: 'check',
  summary: 'Check a manifest, without a server',
  details:
    'Every mistake is shown at its place. With mistakes the exit code is 2. What is allowed and looks like a mistake ' +
    'is only told.',
  args: FILE,
  optionalArgs: ['file'],
  examples: ['staithe manifest check', 'staithe manifest check services/staithe.yaml'],
  calls: [],
  async run({ args }, { terminal }) {
    const file = readManifestFile(args.file, terminal.json);
    const { path, manifest, hash, doubts } = file;
    const services = Object.keys(manifest.services);
    return {
      json: { file: path, manifest_hash: hash, services, doubts },
      text: fields([
        ['manifest', path],
        ['hash', hash],
        ['services', services.join(', ')],
      ]),
      notes: doubtNotes(file),
    };
  },
});
