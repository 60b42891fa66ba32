/** Options of every command. */
import { Option } from 'commander';

export const HELP_FLAGS = '-h, --help';

/** Created for each command: commander keeps state in an option. */
export const globalOptions = () => [
  new Option('--json', 'Print one JSON document (JSON lines with --follow); errors are JSON on stderr'),
  new Option('--verbose', 'Log the server, the origin of the token and every request to stderr'),
  new Option('--no-color', 'Disable colours'),
  new Option(
    '--url <url>',
    'Server URL (default: STAITHE_URL, a local server, or the one from `staithe login`)',
  ),
];
