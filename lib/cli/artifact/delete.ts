import { command } from '../command.ts';
import { flag } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const remove = command({
  name: 'delete',
  summary: 'Delete an uploaded artifact',
  details: 'It asks first. What a release has, and what a build made, cannot be deleted.',
  args: { artifact: 'id of the artifact (art_…)' },
  options: { yes: flag('--yes', 'do not ask') },
  examples: ['staithe artifact delete art_01JZX3V5N8Q2R4T6W8Y0A1B2C3 --yes'],
  calls: ['getArtifact', 'deleteArtifact'],
  async run({ args, options }, { api }) {
    const params = { artifact: args.artifact };
    if (!options.yes) {
      const { name } = await api.call('getArtifact', { params });
      await confirm(`Deleting the artifact ${args.artifact}`, name);
    }
    await api.call('deleteArtifact', { params });
    return { json: { artifact: args.artifact, deleted: true }, text: `Deleted ${args.artifact}` };
  },
});
