import {createHash, randomBytes, timingSafeEqual} from 'node:crypto';

/** A text that nobody can guess: 32 random bytes. */
export const createSecret = (): string => randomBytes(32).toString('base64url');

/** Compares a secret with an input. The time this takes reveals nothing about either. */
export const isSecret = (secret: string, given: string): boolean => timingSafeEqual(hash(secret), hash(given));

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
