/** Which builds run and which wait: at most so many at once, in all and of a project with a limit. */

interface Waiting {
  readonly id: string;
  readonly project: string;
  readonly begin: () => Promise<void>;
}

export class BuildQueue {
  readonly #limit: number;
  readonly #limitOf: (project: string) => number | undefined;
  readonly #running = new Map<string, number>();
  #waiting: Waiting[] = [];
  #total = 0;

  /** @param limit of the account @param limitOf a project's ConcurrentBuildLimit */
  constructor(limit: number, limitOf: (project: string) => number | undefined) {
    this.#limit = limit;
    this.#limitOf = limitOf;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Begins the build now or when its turn comes. `begin` settles when it has ended. */
  add(build: Waiting): void {
    this.#waiting.push(build);
    this.#admit();
  }

  /** @returns whether the build was still waiting */
  remove(id: string): boolean {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((build) => build.id !== id);
    return this.#waiting.length < before;
  }

  #admit(): void {
    for (const build of [...this.#waiting]) {
      if (this.#total >= this.#limit) return;
      const running = this.#running.get(build.project) ?? 0;
      if (running >= (this.#limitOf(build.project) ?? Number.POSITIVE_INFINITY)) continue;
      this.remove(build.id);
      this.#count(build.project, 1);
      void build.begin().finally(() => {
        this.#count(build.project, -1);
        this.#admit();
      });
    }
  }

  #count(project: string, change: number): void {
    this.#total += change;
    this.#running.set(project, (this.#running.get(project) ?? 0) + change);
  }
}
