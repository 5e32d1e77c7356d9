import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { ApiExcludeController, type OpenAPIObject } from '@nestjs/swagger';

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tapecast for back-end services</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: '/docs-json',
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
});
`;

/** The page may load nothing from elsewhere. The interface draws with styles in the page. */
const ONLY_OURS =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const A_DAY = 'public, max-age=86400';

/** The OpenAPI document, which only the whole application can tell. */
export class ApiDocument {
  private made: OpenAPIObject | undefined;
  /** Called once, when somebody first asks. */
  make: (() => OpenAPIObject) | undefined;

  read(): OpenAPIObject {
    this.made ??= this.make?.();
    if (!this.made) throw new Error('nobody said how the OpenAPI document is made');
    return this.made;
  }
}

/** The documentation of the interface, for people and programs. It is open: there is no secret in it. */
@ApiExcludeController()
@Controller()
export class DocsController {
  constructor(private readonly document: ApiDocument) {}

  @Get('docs')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', ONLY_OURS)
  @Header('X-Content-Type-Options', 'nosniff')
  page(): string {
    return PAGE;
  }

  @Get('docs/start.js')
  @Header('Content-Type', 'text/javascript; charset=utf-8')
  start(): string {
    return START;
  }

  @Get('docs/swagger-ui.css')
  @Header('Cache-Control', A_DAY)
  style(): StreamableFile {
    return asset('swagger-ui.css', 'text/css; charset=utf-8');
  }

  @Get('docs/swagger-ui-bundle.js')
  @Header('Cache-Control', A_DAY)
  bundle(): StreamableFile {
    return asset('swagger-ui-bundle.js', 'text/javascript; charset=utf-8');
  }

  @Get('docs-json')
  json(): OpenAPIObject {
    return this.document.read();
  }
}

/** A file of the interface that Nest's OpenAPI module brings. */
function asset(name: string, type: string): StreamableFile {
  const ofSwagger = createRequire(require.resolve('@nestjs/swagger'));
  return new StreamableFile(createReadStream(ofSwagger.resolve(`swagger-ui-dist/${name}`)), { type });
}
