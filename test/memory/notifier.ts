/** Receivers of notifications under the hand of a test. */
import type { Mail, Mailer, Notifier, Post, PostAnswer } from '../../lib/domain/ports/notifier.ts';

export interface MemoryNotifier extends Notifier {
  readonly posts: Post[];
  /** What the next posts are answered with; 204 by default. */
  answer: PostAnswer;
}

export function memoryNotifier(): MemoryNotifier {
  const notifier: MemoryNotifier = {
    posts: [],
    answer: { status: 204 },
    async post(post) {
      notifier.posts.push(post);
      return notifier.answer;
    },
  };
  return notifier;
}

export interface MemoryMailer extends Mailer {
  readonly mails: Mail[];
  /** Why the next mails are refused; they are not by default. */
  failure: string | undefined;
}

export function memoryMailer(): MemoryMailer {
  const mailer: MemoryMailer = {
    mails: [],
    failure: undefined,
    async send(mail) {
      if (mailer.failure !== undefined) return { failure: mailer.failure };
      mailer.mails.push(mail);
      return undefined;
    },
  };
  return mailer;
}
