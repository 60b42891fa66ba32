/** Cargo, whose warnings come from crates and passes after the one that failed. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const CARGO = '[package]\nname = "api"\nversion = "0.1.0"\nedition = "2021"\n';
const UNUSED = 'fn never() {}\nfn nowhere() { let left = 1; }\n';
const crate = (name: string, lib: string) => ({
  [`${name}/Cargo.toml`]: CARGO.replace('"api"', `"${name}"`),
  [`${name}/src/lib.rs`]: lib,
});
const WORKSPACE = '[workspace]\nresolver = "2"\nmembers = ["a", "b"]\n';

export const RUST_LATE: readonly Case[] = [
  late('cargo-warnings-after-error', 'error[E0308]: mismatched types', {
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs': 'fn main() {\n    let total: u32 = "seven";\n    let unused = 1;\n}\nfn never() {}\n',
    },
    command: 'cargo build',
  }),
  late('cargo-deprecated-after-error', 'error[E0425]: cannot find value `total` in this scope', {
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs':
        'fn main() {\n    println!("{}", total);\n    let _ = std::sync::ONCE_INIT;\n}\n#[deprecated]\nfn old() {}\nfn new() { old() }\n',
    },
    command: 'cargo check',
  }),
  late('cargo-workspace-goes-on', 'error[E0308]: mismatched types', {
    files: {
      'Cargo.toml': WORKSPACE,
      ...crate('a', 'pub fn total() -> u32 { "seven" }\n'),
      ...crate('b', UNUSED),
    },
    command: goingOn('cargo check -q -p a', 'cargo check -p b'),
  }),
  late('cargo-keep-going', 'error[E0433]: cannot find module or crate `bank` in this scope', {
    files: {
      'Cargo.toml': WORKSPACE,
      ...crate('a', 'pub fn pay() { bank::pay() }\n'),
      ...crate('b', UNUSED),
    },
    command: 'cargo check --keep-going -j1',
  }),
  late('cargo-borrow-error-then-warnings', 'error[E0505]: cannot move out of `all`', {
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs': `fn main() {\n    let all = vec![1];\n    let first = &all[0];\n    drop(all);\n    println!("{first}");\n}\n${UNUSED}`,
    },
    command: goingOn(
      'cargo build',
      'cargo metadata --format-version 1 >/dev/null; echo "warning: no cache was saved"',
    ),
  }),
  late('cargo-macro-error-then-warnings', 'error: cannot find macro `prntln` in this scope', {
    files: { 'Cargo.toml': CARGO, 'src/main.rs': `fn main() { prntln!("x"); }\n${UNUSED}` },
    command: goingOn('cargo build', 'echo "warning: unused manifest key: package.homepag"'),
  }),
  late('cargo-missing-method-then-warnings', 'error[E0599]: no method named `totl`', {
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs': `#![warn(unused_imports)]\nuse std::fmt;\nstruct Cart;\nfn main() { Cart.totl(); }\n${UNUSED}`,
    },
    command: 'cargo build',
  }),
  late('cargo-lint-denied-then-warnings', 'error: unused variable: `left`', {
    files: {
      'Cargo.toml': CARGO,
      'src/main.rs':
        '#![deny(unused_variables)]\nfn main() { let left = 1; }\nfn never() {}\nfn nowhere() {}\n',
    },
    command: 'cargo build',
  }),
  late('cargo-feature-missing-then-warnings', "the package 'api' does not contain this feature: tls", {
    files: { 'Cargo.toml': CARGO, 'src/main.rs': `fn main() {}\n${UNUSED}` },
    command: goingOn('cargo build --features tls', 'cargo check'),
  }),
  late('cargo-syntax-error-then-warnings', 'error: expected `;`, found', {
    files: {
      'Cargo.toml': WORKSPACE,
      ...crate('a', 'pub fn total() -> u32 { let a = 1\n let b = 2; a + b }\n'),
      ...crate('b', UNUSED),
    },
    command: goingOn('cargo check -q -p a', 'cargo check -p b'),
  }),
  late('cargo-doc-link-then-warnings', 'error: unresolved link to `Cart::totl`', {
    files: {
      'Cargo.toml': CARGO,
      'src/lib.rs':
        '#![deny(rustdoc::broken_intra_doc_links)]\n//! See [`Cart::totl`] and <b>that.\npub struct Cart;\n',
    },
    command: 'cargo doc',
  }),
];
