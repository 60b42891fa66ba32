/**
 * One line of control of an execution: its root, a branch of a Parallel, an iteration of a Map. It walks from state to
 * state; before and after each state its position is written, so that a restart goes on from there.
 */
import type { Flow, State } from './definition.ts';
import type { Execution } from './execution.ts';
import { StateFailure } from './failure.ts';
import { isTooLarge, type Json, type JsonObject, parseJson } from './json.ts';
import type { Phase, Position } from './position.ts';
import { type Bindings, evaluate } from './query.ts';
import type { Scope } from './scope.ts';

export interface MapItem {
  readonly Index: number;
  readonly Value: Json;
}

/** How a state ended: its output as JSON text, what it assigned, and the next state (none ends the branch). */
export interface Exit {
  readonly output: string;
  readonly assigned: JsonObject;
  readonly next: string | undefined;
}

/** What an expression of the state's end sees besides input and context. */
interface Seen {
  readonly result?: Json;
  readonly errorOutput?: Json;
  readonly token?: string;
}

export interface BranchOptions {
  readonly execution: Execution;
  /** Empty for the root; `2/0` is the first branch inside of the third branch. */
  readonly path: string;
  readonly flow: Flow;
  readonly scope: Scope;
  /** Variables of the outer scopes, read only. */
  readonly outer: JsonObject;
  readonly item?: MapItem;
  readonly position: Position;
}

export class Branch {
  readonly execution: Execution;
  readonly path: string;
  readonly flow: Flow;
  readonly scope: Scope;
  readonly outer: JsonObject;
  readonly item: MapItem | undefined;
  readonly position: Position;
  #input: { text: string; value: Json } | undefined;

  constructor(options: BranchOptions) {
    this.execution = options.execution;
    this.path = options.path;
    this.flow = options.flow;
    this.scope = options.scope;
    this.outer = options.outer;
    this.item = options.item;
    this.position = options.position;
  }

  get state(): State {
    const state = this.flow.States[this.position.state];
    // Never on a definition that was checked.
    if (state === undefined)
      throw new StateFailure('States.Runtime', `There is no state '${this.position.state}'`);
    return state;
  }

  get input(): Json {
    if (this.#input?.text !== this.position.input) {
      this.#input = { text: this.position.input, value: parseJson(this.position.input) };
    }
    return this.#input.value;
  }

  get variables(): JsonObject {
    return { ...this.outer, ...this.position.variables };
  }

  /** Adds a history event that follows this branch's last one. */
  record(type: string, details?: Record<string, unknown>): void {
    this.position.lastEvent = this.execution.record(type, this.position.lastEvent, details);
  }

  /** Changes the phase (if given) and has the position written. */
  save(phase?: Phase): void {
    if (phase !== undefined) {
      if (this.position.phase.kind === 'children') this.execution.forgetBelow(this.path);
      this.position.phase = phase;
    }
    this.execution.savePosition(this.path, this.position);
  }

  moveTo(state: string, input: string): void {
    this.save({ kind: 'ready' });
    Object.assign(this.position, { state, input, enteredAt: 0, enteredEvent: 0, retries: [] });
    this.save();
  }

  /** What expressions of the current state see: the variables and `$states`. */
  bindings(seen: Seen = {}, item = this.item): Bindings {
    const { result, errorOutput, token } = seen;
    const states: Record<string, unknown> = { input: this.input, context: this.#context(token, item) };
    if (result !== undefined) states.result = result;
    if (errorOutput !== undefined) states.errorOutput = errorOutput;
    return { ...this.outer, ...this.position.variables, states };
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
  #context(token: string | undefined, item: MapItem | undefined): Record<string, unknown> {
    const { position } = this;
    return {
      ...this.execution.context,
      State: {
        EnteredTime: new Date(position.enteredAt).toISOString(),
        Name: position.state,
        RetryCount: position.retries.reduce((sum, count) => sum + count, 0),
      },
      ...(item === undefined ? {} : { Map: { Item: item } }),
      ...(token === undefined ? {} : { Task: { Token: token } }),
    };
  }

  /**
   * Evaluates Assign and Output of a state or of one of its clauses, both with the variables as they were before.
   * @param otherwise the output (JSON text) without an Output field
   */
  async finish(
    clause: { Assign?: JsonObject | undefined; Output?: Json | undefined },
    next: string | undefined,
    otherwise: string,
    seen: Seen = {},
    place = '',
  ): Promise<Exit> {
    const { Assign, Output } = clause;
    if (Assign === undefined && Output === undefined)
      return { output: limited(otherwise), assigned: {}, next };
    const bindings = this.bindings(seen);
    const assigned: JsonObject = {};
    for (const [name, template] of Object.entries(Assign ?? {})) {
      assigned[name] = await evaluate(template, `${place}Assign/${name}`, bindings);
    }
    if (Assign !== undefined) limited(JSON.stringify(assigned), 'assigned variables');
    const output =
      Output === undefined ? otherwise : JSON.stringify(await evaluate(Output, `${place}Output`, bindings));
    return { output: limited(output), assigned, next };
  }
}

/** The text itself. @throws StateFailure `States.DataLimitExceeded` when it is longer than a payload may be */
export function limited(text: string, what = 'output'): string {
  if (!isTooLarge(text)) return text;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `The ${what} of the state has a size exceeding the maximum number of bytes service limit (262144).`,
  );
}
