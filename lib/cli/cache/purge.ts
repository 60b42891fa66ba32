import { command } from '../command.ts';
import { flag, projectOption, text } from '../option.ts';
import { confirm } from '../terminal/ask.ts';

export const purge = command({
  name: 'purge',
  summary: 'Forget caches of a project: the next builds begin without them',
  details: 'All of them, or those of a branch or a service. It asks first.',
  options: {
    project: projectOption,
    branch: text('--branch <branch>', 'only those that builds of this branch have left'),
    service: text('--service <service>', 'only those of this service'),
    yes: flag('--yes', 'do not ask'),
  },
  examples: [
    'staithe cache purge --project hello --yes',
    'staithe cache purge --project hello --branch feature-x --service api --yes',
  ],
  calls: ['purgeCaches'],
  async run({ options: { project, branch, service, yes } }, { api }) {
    if (!yes) await confirm(`Forgetting caches of ${project}`, project);
    const answer = await api.call('purgeCaches', {
      params: { project },
      query: { ...(branch !== undefined && { branch }), ...(service !== undefined && { service }) },
    });
    return { json: answer, text: `Forgot ${answer.purged} cache${answer.purged === 1 ? '' : 's'}` };
  },
});
