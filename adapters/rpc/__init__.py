"""The gRPC server: messages in, commands and questions to the kernel, messages out."""
