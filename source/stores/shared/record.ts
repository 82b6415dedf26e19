import type {SessionRecord} from '../../store.ts';

/** Whether a text can be a key. Some backends refuse any other, and some clients would send it as another command. */
export const isKey = (text: string): boolean => /^[!-~]{1,250}$/.test(text);

/** Whether a record hasn't ended, by the clock of this machine. */
export const isLive = ({expiresAt}: Pick<SessionRecord, 'expiresAt'>): boolean => expiresAt > Date.now();
