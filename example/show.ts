import type {Html} from './html.ts';
import {type InspectionOptions, inspect} from './inspection.ts';
import {layout} from './pages/layout.ts';
import {happeningsPanel} from './pages/panel.ts';
import type {Trail} from './trail.ts';
import type {VisitContext} from './visit.ts';

/** What a page shows beside its own. */
export type ShowOptions = InspectionOptions & {readonly trail: Trail};

/** Answers with a page: its title, and what stands in it beside the panel. */
export type Show = (ctx: VisitContext, title: string, main: Html) => Promise<void>;

/** Makes the function that answers with a page. */
export const createShow =
	({trail, ...options}: ShowOptions): Show =>
	async (ctx, title, main) => {
		const messages = ctx.session.flashes('done').map(String);
		// Only for the panel, which tells what this very request has stored. The commit at the end would do.
		await ctx.session.save();
		const panel = happeningsPanel({current: trail.current, before: trail.steps, found: await inspect(ctx, options)});
		ctx.type = 'html';
		ctx.body = String(layout({title, path: ctx.path, session: ctx.session, messages, main, panel}));
	};

/** Answers a change: the browser is to fetch this page next, by GET. */
export const seeOther = (ctx: VisitContext, path: string): void => {
	ctx.status = 303;
	ctx.redirect(path);
};
