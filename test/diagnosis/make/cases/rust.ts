/** Cargo and rustc. */
import type { Case } from '../case.ts';

const CARGO = (more = '') => `[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n\n${more}`;

export const RUST: readonly Case[] = [
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
