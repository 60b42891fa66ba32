import { createServer } from 'node:http';

const greeting = process.env.GREETING ?? 'Hello';

createServer((request, response) => {
  console.log(request.method, request.url);
  response.end(`${greeting} from Staithe\n`);
}).listen(process.env.PORT);

// The requests that it has are answered before this comes.
process.on('SIGTERM', () => process.exit());
