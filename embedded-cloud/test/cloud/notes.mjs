/** A notebook behind an HTTP API: `PUT` stores the note that the path names, `GET` reads it, `POST` writes it to S3. */
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const table = new DynamoDBClient({});
const bucket = new S3Client({});

export async function handler(event) {
  const { name } = event.pathParameters;
  try {
    return await answer(event.requestContext.http.method, name, event.body);
  } catch (error) {
    return { statusCode: 502, body: JSON.stringify({ error: error.name, message: error.message }) };
  }
}

async function answer(method, name, body) {
  const { TABLE: TableName, BUCKET: Bucket } = process.env;
  if (method === 'PUT') {
    await table.send(new PutItemCommand({ TableName, Item: { name: { S: name }, text: { S: body } } }));
    return { statusCode: 201 };
  }
  if (method === 'POST') {
    await bucket.send(new PutObjectCommand({ Bucket, Key: name, Body: body }));
    return { statusCode: 201 };
  }
  const { Item } = await table.send(new GetItemCommand({ TableName, Key: { name: { S: name } } }));
  return Item === undefined ? { statusCode: 404 } : { statusCode: 200, body: Item.text.S };
}
