import { command } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { choice, flag, projectOption } from '../option.ts';
import { moment } from '../terminal/format.ts';
import { chosenTool, logIn, loginCommand, TOOLS, toolFlags } from './tool.ts';

export const login = command({
  name: 'login',
  summary: "Let docker, podman or buildah pull a project's images",
  details:
    "The credential pulls from the project's repositories in the installation's own registry, for an hour, and pushes " +
    'nowhere. The tool keeps one for each registry: logging in for another project takes its place. With --print the ' +
    'password alone goes to stdout, for the --password-stdin of whichever tool; with --print --json the whole credential.',
  options: {
    project: projectOption,
    tool: choice('--tool <tool>', 'which one to log in (default: the first that is installed)', TOOLS),
    print: flag('--print', 'print the password instead, for scripts'),
  },
  examples: [
    'staithe registry login --project hello',
    'staithe registry login --project hello --tool buildah',
    'staithe registry login --project hello --print --json',
  ],
  calls: ['createPullToken'],
  async run({ options }, { api }) {
    if (options.print && options.tool !== undefined)
      throw usageFailure('--print logs no tool in, and --tool names one.', 'Leave one of them out.');
    const tool = options.print ? undefined : chosenTool(options.tool);
    const token = await api.call('createPullToken', { params: { project: options.project } });
    if (tool === undefined) {
      const typed = loginCommand('docker', token).join(' ');
      return {
        json: token,
        text: token.password,
        notes: [`next: staithe registry login --project ${options.project} --print | ${typed}`],
      };
    }
    await logIn(tool, token, token.password);
    const { password: _, ...shown } = token;
    const pull = [tool, 'pull', ...toolFlags(tool, token)].join(' ');
    return {
      json: { ...shown, tool },
      text: `${tool} may pull the images of ${token.registry}/${token.repositories}/ until ${moment(token.expires_at)}`,
      notes: [
        `next: ${pull} ${token.registry}/${token.repositories}/<service>:<tag>`,
        `next: staithe artifact list --project ${options.project}`,
      ],
    };
  },
});
