/** The ports by which notifications leave: HTTP and e-mail. */

/** Headers of https://www.standardwebhooks.com/ that a request is to have. */
export interface WebhookSignature {
  /** The same at each attempt. */
  readonly id: string;
  readonly at: Date;
  /** `whsec_…`: a signature by each. */
  readonly secrets: readonly string[];
}

export interface Post {
  readonly url: string;
  /** JSON. */
  readonly body: string;
  readonly signature?: WebhookSignature;
  /** Whether this machine itself may be called, also over plain HTTP. */
  readonly loopback: boolean;
}

/** What came of an attempt. A failure names no part of the URL but its host, and may be shown to the project's members. */
export type PostAnswer =
  | { readonly status: number; readonly retryAfterSeconds?: number | undefined }
  | { readonly failure: string };

export interface Notifier {
  /** Follows no redirect, and reads nothing of the body of the answer. */
  post(post: Post): Promise<PostAnswer>;
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** One line. */
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  /** @returns why it could not be sent, undefined when it was */
  send(mail: Mail): Promise<{ readonly failure: string } | undefined>;
}

/** What the installation's operator has decided of notifications. */
export interface NotificationSettings {
  /** Whether this machine itself may be called, also over plain HTTP. */
  readonly loopback: boolean;
  /** The sender of e-mail; undefined when the installation sends none. */
  readonly mailSender: string | undefined;
}
