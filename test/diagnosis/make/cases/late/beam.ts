/** erlc and rebar3: the compiler warns of everything else after an error. */
import type { Case } from '../../case.ts';
import { goingOn, late } from './case.ts';

const UNUSED = 'unused(X) -> 1.\nother(Y) -> 2.\n';
const B = '-module(b).\n-export([run/0]).\nrun() -> X = 1, ok.\nunused() -> ok.\n';
const APP = '{application, api, [{description, "api"}, {vsn, "0.1.0"}, {applications, [kernel, stdlib]}]}.\n';
const REBAR = '{erl_opts, [debug_info]}.\n';
const erl = (text: string) => `-module(api).\n-export([run/0]).\n${text}`;

export const BEAM_LATE: readonly Case[] = [
  late('erlc-warnings-after-error', 'api.erl:3:10: function total/1 undefined', {
    files: { 'api.erl': erl(`run() -> total(1).\n${UNUSED}`) },
    command: 'erlc -Wall api.erl',
  }),
  late('erlc-warnings-of-next-file', 'a.erl:3:10: syntax error before', {
    files: { 'a.erl': '-module(a).\n-export([run/0]).\nrun() -> ok\n', 'b.erl': B },
    command: goingOn('erlc a.erl', 'erlc b.erl'),
  }),
  late('erlc-unbound-variable-then-warnings', "api.erl:3:10: variable 'Price' is unbound", {
    files: { 'api.erl': erl(`run() -> Price.\n${UNUSED}`) },
    command: 'erlc -Wall api.erl',
  }),
  late('erlc-record-undefined-then-warnings', 'api.erl:3:10: record cart undefined', {
    files: { 'api.erl': erl(`run() -> #cart{}.\n${UNUSED}`) },
    command: 'erlc api.erl',
  }),
  late('erlc-header-missing-then-warnings', `api.erl:3:10: can't find include file "tokens.hrl"`, {
    files: { 'api.erl': erl('-include("tokens.hrl").\nrun() -> ok.\n'), 'b.erl': B },
    command: goingOn('erlc api.erl', 'erlc b.erl'),
  }),
  late('erlc-export-undefined-then-warnings', 'api.erl:2:2: function run/0 undefined', {
    files: { 'api.erl': erl(UNUSED) },
    command: 'erlc -Wall api.erl',
  }),
  late('erlc-head-mismatch-then-warnings', 'api.erl:4:1: head mismatch', {
    files: { 'api.erl': erl('run() -> ok;\nrun(1) -> ok.\n'), 'b.erl': B },
    command: goingOn('erlc api.erl', 'erlc b.erl'),
  }),
  late('erlc-behaviour-warnings-after-error', 'api.erl:4:', {
    files: {
      'api.erl': '-module(api).\n-behaviour(gen_server).\n-export([run/0]).\nrun() -> Q.\nspare() -> 1.\n',
    },
    command: 'erlc -Wall api.erl',
  }),
  late('rebar3-warnings-after-error', 'function total/1 undefined', {
    files: {
      'rebar.config': REBAR,
      'src/api.app.src': APP,
      'src/api.erl': erl(`run() -> total(1).\n${UNUSED}`),
    },
    command: 'rebar3 compile',
  }),
  late('rebar3-eunit-fails-then-warnings', 'api_tests:sum_test', {
    files: {
      'rebar.config': REBAR,
      'src/api.app.src': APP,
      'src/api.erl': '-module(api).\n-export([sum/2]).\nsum(A, B) -> A + B.\n',
      'test/api_tests.erl':
        '-module(api_tests).\n-include_lib("eunit/include/eunit.hrl").\nsum_test() -> ?assertEqual(5, api:sum(2, 2)).\n',
      'b.erl': B,
    },
    command: goingOn('rebar3 eunit', 'erlc b.erl'),
  }),
  late('rebar3-warnings-of-next-module', 'a.erl:3:', {
    files: {
      'rebar.config': REBAR,
      'src/api.app.src': APP,
      'src/a.erl': '-module(a).\n-export([run/0]).\nrun() -> ok\n',
      'spare.erl': B.replace('module(b)', 'module(spare)'),
    },
    command: goingOn('rebar3 compile', 'erlc spare.erl'),
  }),
];
