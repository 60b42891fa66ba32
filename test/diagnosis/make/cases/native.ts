/** Cargo, Go, C and C++. */
import type { Case } from '../case.ts';

const CARGO = (more = '') => `[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n\n${more}`;
const GO_MOD = (more = '') => `module example.com/api\n\ngo 1.21\n${more}`;
const GO_MAIN = 'package main\n\nfunc main() {}\n';
const goUsing = (path: string) => `package main\n\nimport _ "${path}"\n\nfunc main() {}\n`;

const RUST: readonly Case[] = [
  {
    name: 'cargo-compile-error',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs': 'fn main() {\n    let total: u32 = "seven";\n    println!("{}", totals);\n}\n',
    },
    command: 'cargo build --release',
  },
  {
    name: 'cargo-test-fails',
    label: 'build_error',
    files: { 'Cargo.toml': CARGO(), 'src/lib.rs': '#[test]\nfn adds_up() {\n    assert_eq!(2 + 2, 5);\n}\n' },
    command: 'cargo test',
  },
  { name: 'cargo-no-manifest', label: 'build_error', command: 'cargo build' },
  {
    name: 'cargo-lock-outdated',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nitoa = "1"\n'),
      'src/main.rs': 'fn main() {}\n',
      'Cargo.lock': 'version = 3\n\n[[package]]\nname = "api"\nversion = "0.1.0"\n',
    },
    command: 'cargo build --locked',
  },
  {
    name: 'cargo-crate-missing',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nstaithe-no-such-crate = "1"\n'),
      'src/main.rs': 'fn main() {}\n',
    },
    command: 'cargo build',
  },
  {
    name: 'cargo-version-missing',
    label: 'build_error',
    files: { 'Cargo.toml': CARGO('[dependencies]\nitoa = "99"\n'), 'src/main.rs': 'fn main() {}\n' },
    command: 'cargo build',
  },
  {
    name: 'cargo-build-script-fails',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs': 'fn main() {}\n',
      'build.rs': 'fn main() { panic!("libfoo >= 2 is needed"); }\n',
    },
    command: 'cargo build',
  },
  {
    name: 'cargo-linker-missing',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml': '[target.x86_64-unknown-linux-gnu]\nlinker = "aarch64-linux-gnu-gcc"\n',
    },
    command: 'cargo build',
  },
  {
    name: 'cargo-git-missing',
    label: 'clone_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nui = { git = "http://@MISSING@/acme/ui.git" }\n'),
      'src/main.rs': 'fn main() {}\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'cargo-git-unauthorized',
    label: 'auth_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nui = { git = "http://@UNAUTHORIZED@/acme/ui.git" }\n'),
      'src/main.rs': 'fn main() {}\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'cargo-registry-refuses',
    label: 'registry_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nitoa = { version = "1", registry = "acme" }\n'),
      'src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml': '[registries.acme]\nindex = "sparse+http://@CLOSED@/index/"\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'cargo-registry-unauthorized',
    label: 'auth_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\ntokens = { version = "1", registry = "acme" }\n'),
      'src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml': '[registries.acme]\nindex = "sparse+http://@UNAUTHORIZED@/index/"\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'cargo-registry-unavailable',
    label: 'registry_error',
    files: {
      'Cargo.toml': CARGO('[dependencies]\nitoa = { version = "1", registry = "acme" }\n'),
      'src/main.rs': 'fn main() {}\n',
      '.cargo/config.toml': '[registries.acme]\nindex = "sparse+http://@BROKEN@/index/"\n',
    },
    env: { CARGO_NET_RETRY: '0' },
    command: 'cargo build',
  },
  {
    name: 'cargo-allocation-fails',
    label: 'resource_error',
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs':
        'fn main() {\n    let all: Vec<u8> = Vec::with_capacity(8 << 30);\n    println!("{}", all.capacity());\n}\n',
    },
    command: 'cargo build -q; ulimit -v 2000000; ./target/debug/api',
  },
  {
    name: 'cargo-disk-full',
    label: 'resource_error',
    diskMb: 2,
    files: { 'Cargo.toml': CARGO(), 'src/main.rs': 'fn main() { println!("hello"); }\n' },
    command: 'cargo build',
  },
  {
    name: 'cargo-rustc-killed',
    label: 'resource_error',
    memoryMb: 60,
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs':
        'static TABLE: [u64; 40_000_000] = [7; 40_000_000];\nfn main() { println!("{}", TABLE[3]); }\n',
    },
    command: 'cargo build',
  },
  {
    name: 'cargo-publish-no-token',
    label: 'auth_error',
    files: {
      'Cargo.toml': CARGO().replace('edition', 'license = "MIT"\ndescription = "an api"\nedition'),
      'src/lib.rs': '\n',
    },
    env: { CARGO_HOME: '/build-home' },
    command: 'cargo publish --allow-dirty --no-verify',
  },
  {
    name: 'cargo-clippy-denies',
    label: 'build_error',
    files: {
      'Cargo.toml': CARGO(),
      'src/main.rs': '#![deny(warnings)]\nfn main() {\n    let unused = 7;\n}\n',
    },
    command: 'cargo check',
  },
];

const GO: readonly Case[] = [
  {
    name: 'go-compile-error',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "os"\n\nfunc main() {\n\tvar total int = "seven"\n}\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-test-fails',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAddsUp(t *testing.T) {\n\tif 2+2 != 5 {\n\t\tt.Fatalf("got %d", 4)\n\t}\n}\n',
    },
    command: 'go test ./...',
  },
  {
    name: 'go-test-times-out',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'cart_test.go':
        'package main\n\nimport "testing"\n\nfunc TestAnswers(t *testing.T) {\n\tselect {}\n}\n',
    },
    command: 'go test -timeout 1s ./...',
  },
  {
    name: 'go-sum-missing',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire github.com/google/uuid v1.6.0\n'),
      'main.go': goUsing('github.com/google/uuid'),
    },
    command: 'go build ./...',
  },
  {
    name: 'go-sum-mismatch',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD('\nrequire github.com/google/uuid v1.6.0\n'),
      'main.go': goUsing('github.com/google/uuid'),
      'go.sum':
        'github.com/google/uuid v1.6.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\ngithub.com/google/uuid v1.6.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-module-missing',
    label: 'build_error',
    files: { 'go.mod': GO_MOD(), 'main.go': goUsing('example.com/no/such/module') },
    command: 'go build ./...',
  },
  {
    name: 'go-proxy-refuses',
    label: 'registry_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@CLOSED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get github.com/google/uuid@v1.6.0',
  },
  {
    name: 'go-proxy-unauthorized',
    label: 'auth_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@UNAUTHORIZED@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get git.acme.example.com/tokens@v1.0.0',
  },
  {
    name: 'go-proxy-forbidden',
    label: 'auth_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@FORBIDDEN@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go mod download git.acme.example.com/tokens@v1.0.0',
  },
  {
    name: 'go-proxy-unavailable',
    label: 'registry_error',
    files: { 'go.mod': GO_MOD(), 'main.go': GO_MAIN },
    env: { GOPROXY: 'http://@BROKEN@', GOMODCACHE: '/build-home/mod', GOSUMDB: 'off' },
    command: 'go get github.com/google/uuid@v1.6.0',
  },
  { name: 'go-no-module', label: 'build_error', files: { 'main.go': GO_MAIN }, command: 'go build ./...' },
  {
    name: 'go-vet-fails',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d\\n", "seven") }\n',
    },
    command: 'go vet ./...',
  },
  {
    name: 'go-out-of-memory',
    label: 'resource_error',
    files: {
      'go.mod': GO_MOD(),
      'main.go':
        'package main\n\nvar all [][]byte\n\nfunc main() {\n\tfor {\n\t\tall = append(all, make([]byte, 64<<20))\n\t}\n}\n',
    },
    setup: 'go build -o app .',
    command: 'ulimit -v 1500000; ./app',
  },
  {
    name: 'go-compile-killed',
    label: 'resource_error',
    memoryMb: 40,
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n',
    },
    command: 'go build ./...',
  },
  {
    name: 'go-disk-full',
    label: 'resource_error',
    diskMb: 6,
    files: {
      'go.mod': GO_MOD(),
      'main.go': 'package main\n\nimport "net/http"\n\nfunc main() { http.ListenAndServe(":80", nil) }\n',
    },
    command: 'GOCACHE=$PWD/cache go build -o api .',
  },
  {
    name: 'go-panics',
    label: 'build_error',
    files: {
      'go.mod': GO_MOD(),
      'gen.go': 'package main\n\nfunc main() {\n\tvar table map[string]int\n\ttable["total"] = 137\n}\n',
    },
    command: 'go run .',
  },
];

const C: readonly Case[] = [
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

export const NATIVE: readonly Case[] = [...RUST, ...GO, ...C];
