/** `staithe registry`. */
import { type CommandGroup, command } from './command/command.ts';
import { choice, flag, projectOption } from './command/option.ts';
import { usageFailure } from './failure/failure.ts';
import { logIn, loginCommand, requireTool, TOOLS, toolFlags } from './registries/tool.ts';
import { moment } from './terminal/format.ts';

const login = command({
  name: 'login',
  summary: 'Log in docker, podman or buildah to pull the images of a project',
  details:
    'The credential is valid for one hour. It can pull the images of the project from the registry of the installation, ' +
    'and cannot push. A tool stores one credential per registry, so a login for another project replaces it. With --print ' +
    'only the password is written to stdout, for --password-stdin; with --print --json the whole credential.',
  options: {
    project: projectOption,
    tool: choice('--tool <tool>', 'Container tool (default: the first one installed)', TOOLS),
    print: flag('--print', 'Print the password instead of logging in'),
  },
  examples: [
    'staithe registry login --project hello',
    'staithe registry login --project hello --tool buildah',
    'staithe registry login --project hello --print --json',
  ],
  calls: ['createPullToken'],
  async run({ options }, { api }) {
    if (options.print && options.tool !== undefined)
      throw usageFailure('--print and --tool cannot be combined.', 'Use one of them.');
    const tool = options.print ? undefined : requireTool(options.tool);
    const token = await api.call('createPullToken', { params: { project: options.project } });
    if (tool === undefined) {
      const example = loginCommand('docker', token).join(' ');
      return {
        json: token,
        text: token.password,
        notes: [`next: staithe registry login --project ${options.project} --print | ${example}`],
      };
    }
    await logIn(tool, token, token.password);
    const { password: _, ...credential } = token;
    const pull = [tool, 'pull', ...toolFlags(tool, token)].join(' ');
    const images = `${token.registry}/${token.repositories}/`;
    return {
      json: { ...credential, tool },
      text: `Logged ${tool} in to ${token.registry}: it can pull ${images}* until ${moment(token.expires_at)}`,
      notes: [
        `next: ${pull} ${images}<service>:<tag>`,
        `next: staithe artifact list --project ${options.project}`,
      ],
    };
  },
});

export const registry: CommandGroup = { name: 'registry', commands: [login] };
