npx esbuild dist/lambda.js --bundle --platform=node --target=node20 --outfile=bundle/lambda.cjs \
  --external:@nestjs/microservices --external:@nestjs/websockets --external:@fastify/static --external:@fastify/view \
  --external:@fastify/multipart --external:class-transformer --external:class-validator --log-override:empty-import-meta=silent
