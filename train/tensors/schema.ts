/** @file The type of a JSON schema whose checked values have type C. */
import type { TSchema } from '@sinclair/typebox';

export type Schema<C> = TSchema & { readonly static: C };
