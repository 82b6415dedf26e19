/**
What `DynamoStore` needs of a client. `DynamoDBClient` of `@aws-sdk/client-dynamodb` 3 fits.

It takes commands of that library, and resolves with their outputs. In a file of its own, since its types need no library.
*/
export interface DynamoClient {
	send(command: object, options: {readonly abortSignal: AbortSignal}): Promise<object>;
}
