/** A bucket's CORS rules as the template has them (AWS::S3::Bucket CorsConfiguration). */
import { z } from 'zod';

const corsRule = z.looseObject({
  AllowedMethods: z.array(z.string()),
  AllowedOrigins: z.array(z.string()),
  AllowedHeaders: z.array(z.string()).default([]),
  ExposedHeaders: z.array(z.string()).default([]),
  MaxAge: z.coerce.number().optional(),
});
export type CorsRule = z.infer<typeof corsRule>;
export const corsConfiguration = z.looseObject({ CorsRules: z.array(corsRule) });
