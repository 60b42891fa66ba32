/** C and C++ compilers, make, CMake. */
import type { Case } from '../case.ts';

export const C: readonly Case[] = [
  {
    name: 'gcc-compile-error',
    label: 'build_error',
    files: { 'main.c': '#include <stdio.h>\nint main(void) { printf("%d\\n", totals); return 0 }\n' },
    command: 'gcc -Wall -o main main.c',
  },
  {
    name: 'gcc-header-missing',
    label: 'build_error',
    files: { 'main.c': '#include <openssl/no-such.h>\nint main(void) { return 0; }\n' },
    command: 'make main',
  },
  {
    name: 'gcc-undefined-reference',
    label: 'build_error',
    files: { 'main.c': 'int pay(void);\nint main(void) { return pay(); }\n' },
    command: 'gcc -o main main.c',
  },
  {
    name: 'gcc-library-missing',
    label: 'build_error',
    files: { 'main.c': 'int main(void) { return 0; }\n' },
    command: 'gcc -o main main.c -lno_such_library',
  },
  {
    name: 'gcc-killed-under-make',
    label: 'resource_error',
    memoryMb: 40,
    files: {
      Makefile: 'main: main.cpp\n\tg++ -O2 -o main main.cpp\n',
      'main.cpp':
        '#include <array>\ntemplate <int N> struct Big { static constexpr std::array<int, N> fill() { std::array<int, N> a{}; for (int i = 0; i < N; ++i) a[i] = i; return a; } };\nconstexpr auto table = Big<4000000>::fill();\nint main() { return table[3]; }\n',
    },
    command: 'make',
  },
  {
    name: 'gcc-memory-exhausted',
    label: 'resource_error',
    files: {
      'main.cpp':
        '#include <array>\ntemplate <int N> struct Big { static constexpr std::array<int, N> fill() { std::array<int, N> a{}; for (int i = 0; i < N; ++i) a[i] = i; return a; } };\nconstexpr auto table = Big<4000000>::fill();\nint main() { return table[3]; }\n',
    },
    command:
      'ulimit -v 150000; g++ -fconstexpr-loop-limit=9999999 -fconstexpr-ops-limit=999999999 -c main.cpp',
  },
  {
    name: 'gcc-disk-full',
    label: 'resource_error',
    diskMb: 1,
    files: { 'main.c': 'static char table[1 << 22] = {1};\nint main(void) { return table[3]; }\n' },
    command: 'gcc -o main main.c',
  },
  {
    name: 'cpp-bad-alloc',
    label: 'resource_error',
    files: {
      'main.cpp': '#include <vector>\nint main() { std::vector<char> all(8UL << 30); return all[5]; }\n',
    },
    setup: 'g++ -o main main.cpp',
    command: 'ulimit -v 1000000; ./main',
  },
  {
    name: 'cpp-segfault',
    label: 'build_error',
    files: { 'main.c': '#include <stddef.h>\nint main(void) { volatile int *p = NULL; return *p; }\n' },
    setup: 'gcc -o check main.c',
    command: './check',
  },
  {
    name: 'cpp-abort',
    label: 'build_error',
    files: { 'main.c': '#include <assert.h>\nint main(int n, char **v) { assert(n == 2); return 0; }\n' },
    setup: 'gcc -o check main.c',
    command: './check',
  },
  {
    name: 'make-no-target',
    label: 'build_error',
    files: { Makefile: 'all: app\n\napp: app.o\n\tgcc -o app app.o\n' },
    command: 'make',
  },
  { name: 'make-no-makefile', label: 'build_error', command: 'make release' },
  {
    name: 'make-tool-missing',
    label: 'build_error',
    files: { Makefile: 'docs:\n\tasciidoctor-pdf manual.adoc\n' },
    command: 'make docs',
  },
  {
    name: 'make-missing-separator',
    label: 'build_error',
    files: { Makefile: 'all:\n    gcc -o app app.c\n' },
    command: 'make',
  },
  {
    name: 'make-recipe-fails',
    label: 'build_error',
    files: { Makefile: 'all:\n\t@echo checking 401 files\n\t@exit 137\n' },
    adversarial: true,
    command: 'make',
  },
  {
    name: 'cmake-package-missing',
    label: 'build_error',
    files: {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.20)\nproject(api C)\nfind_package(NoSuchLibrary REQUIRED)\n',
    },
    command: 'cmake -S . -B out',
  },
  { name: 'cmake-no-lists', label: 'build_error', command: 'cmake -S . -B out' },
  {
    name: 'cmake-compiler-missing',
    label: 'build_error',
    files: { 'CMakeLists.txt': 'cmake_minimum_required(VERSION 3.20)\nproject(api C)\n' },
    command: 'CC=clang-99 cmake -S . -B out',
  },
  {
    name: 'cmake-download-fails',
    label: 'build_error',
    files: {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.20)\nproject(api NONE)\ninclude(FetchContent)\nFetchContent_Declare(ui URL http://@MISSING@/ui.tar.gz)\nFetchContent_MakeAvailable(ui)\n',
    },
    command: 'cmake -S . -B out',
  },
  {
    name: 'ctest-fails',
    label: 'build_error',
    files: {
      'CMakeLists.txt':
        'cmake_minimum_required(VERSION 3.20)\nproject(api NONE)\nenable_testing()\nadd_test(NAME unauthorized_401 COMMAND false)\n',
    },
    setup: 'cmake -S . -B out',
    adversarial: true,
    command: 'ctest --test-dir out',
  },
];
