/** Asking what is deployed, as a user would. */

/** A GET, and what it should be answered with. */
export interface Question {
  readonly path: string;
  /** Whether redirects to the same host are followed. */
  readonly follow: boolean;
  /** Whether it is asked again, for a moment, while the answer is not healthy. */
  readonly isPatient: boolean;
  readonly isHealthy: (response: Response) => boolean;
}

/** What a GET was answered with. */
export interface Response {
  readonly status: number;
  /** Of a redirect that was not followed. */
  readonly location?: string | undefined;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The first 64 KB, as text. */
  readonly body: string;
  readonly milliseconds: number;
}

export type Answer = Response | { readonly failure: string };

export interface Probe {
  /** Asks the URL's host. @returns the last answer, or why there was none */
  get(url: string, question: Question): Promise<Answer>;
}
