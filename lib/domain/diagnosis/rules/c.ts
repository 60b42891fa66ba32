/** C compilers and linkers, make, CMake. */
import { DISK_HINT, MEMORY_HINT, on, part, type Tool } from './rule.ts';

const C: Tool = {
  name: 'C compiler',
  rules: [
    on(/^\S+: Fatal error: .*: 'No space left on device'$/, 'resource_error', DISK_HINT),
    on(
      /^.*(?:ld|as|collect2|cc1|cc1plus|gcc|g\+\+|clang)(?:\.\w+)?: (?:.*: )?No space left on device$/,
      'resource_error',
      DISK_HINT,
    ),
    on(
      /^(?:cc1|cc1plus|gcc|g\+\+|virtual memory exhausted|\S*ld\S*)(?:: .*)?(?:out of memory|memory exhausted|Cannot allocate memory)/,
      'resource_error',
      MEMORY_HINT,
    ),
    on(/^collect2: fatal error: ld terminated with signal 7 \[Bus error\]/, 'resource_error', DISK_HINT),
    on(/^terminate called after throwing an instance of 'std::bad_alloc'$/, 'resource_error', MEMORY_HINT),
    on(
      /^\S+:\d+(?::\d+)?: fatal error: (.+): No such file or directory$/,
      'build_error',
      (found) =>
        `The header ${part(found, 1, '')} is not there: install the library's development package in an earlier command.`,
    ),
    on(
      /^\S*ld: cannot find -l(\S+?)(?::.*)?$/,
      'build_error',
      (found) =>
        `The library ${part(found, 1, '')} is not there: install its development package in an earlier command.`,
    ),
    on(
      /^(?:\S*ld: )?\S+: undefined reference to /,
      'build_error',
      'The linker misses a definition: is a source file or library left out?',
    ),
    on(/^collect2: error: ld returned /, 'build_error', 'The linker names above what it misses.'),
    on(/^\S+:\d+:\d+: (?:fatal )?error: /, 'build_error', 'The compiler names the lines above.'),
  ],
};

const MAKE: Tool = {
  name: 'make',
  rules: [
    on(
      /^make(?:\[\d+\])?: \*\*\* No rule to make target '([^']+)'/,
      'build_error',
      (found) => `make does not know how to make '${part(found, 1, '')}': is the file or the rule missing?`,
    ),
    on(
      /^make(?:\[\d+\])?: \*\*\* No targets specified and no makefile found/,
      'build_error',
      "There is no Makefile in the service's folder: check `context` in staithe.yaml.",
    ),
    on(/^\S+:\d+: \*\*\* /, 'build_error', 'make names the line of the Makefile that it cannot read.'),
  ],
};

const CMAKE: Tool = {
  name: 'CMake',
  rules: [
    on(
      /^\s+Could not find a package configuration file provided by "(.+)"/,
      'build_error',
      (found) =>
        `CMake does not find ${part(found, 1, 'a package')}: install its development package in an earlier command.`,
    ),
    on(/^CMake Error(?::| at | in )/, 'build_error', 'CMake says above what it misses.'),
    on(/^-- Configuring incomplete, errors occurred!$/, 'build_error', 'CMake says above what it misses.'),
  ],
};

export const C_TOOLS: readonly Tool[] = [C, MAKE, CMAKE];
