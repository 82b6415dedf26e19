import type {Html} from './html.ts';
import {type InspectionOptions, inspect} from './inspection.ts';
import {layout} from './pages/layout.ts';
import {happeningsPanel} from './pages/panel.ts';
import type {Trail} from './trail.ts';
import type {VisitContext} from './visit.ts';

/** What every page needs for its panel. */
export type ShowOptions = InspectionOptions & {readonly trail: Trail};

/** Responds with a page, made of its title, its content and the panel. */
export type Show = (ctx: VisitContext, title: string, main: Html) => Promise<void>;

/** Makes the function that responds with a page. */
export const createShow =
	({trail, ...options}: ShowOptions): Show =>
	async (ctx, title, main) => {
		const messages = ctx.session.flashes('done').map(String);
		// Only so that the panel can show what this request stored. Otherwise the commit at the end is enough.
		await ctx.session.save();
		const panel = happeningsPanel({current: trail.current, before: trail.steps, found: await inspect(ctx, options)});
		ctx.type = 'html';
		ctx.body = String(layout({title, path: ctx.path, session: ctx.session, messages, main, panel}));
	};

/** Responds to a form: the browser then gets this page. */
export const seeOther = (ctx: VisitContext, path: string): void => {
	ctx.status = 303;
	ctx.redirect(path);
};
