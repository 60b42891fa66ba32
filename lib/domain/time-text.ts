/** A moment in a message, in UTC and to the second: `2026-11-21 09:30:00 UTC`. */
export const timeText = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
