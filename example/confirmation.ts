import {seeOther} from './show.ts';
import type {Visit, VisitMiddleware} from './visit.ts';

/** How long a user who gave the password may use the dangerous buttons, in minutes. */
export const confirmedFor = 5;

/** The pages with such buttons. */
const pages = ['/account', '/devices', '/operator'] as const;

/** A page to come back to. */
export type ConfirmedPage = (typeof pages)[number];

/** Whether the user gave the password lately. If the clock was set back, nobody did. */
export const isConfirmed = ({confirmedAt = 0}: Visit): boolean => {
	const age = Date.now() - confirmedAt;
	return age >= 0 && age <= confirmedFor * 60_000;
};

/** Asks for the password first, unless the user gave it lately. Then the user comes back to the page and clicks again. */
export const confirmFirst =
	(page: ConfirmedPage): VisitMiddleware =>
	(ctx, next) =>
		isConfirmed(ctx.session) ? next() : seeOther(ctx, `/confirm?page=${page}`);

/** Reads where to come back to. Only to our own pages: a forged link could name any address. */
export const readPage = (text: unknown): ConfirmedPage => pages.find(page => page === text) ?? '/account';
