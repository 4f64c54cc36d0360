"""ISO 20022 messages: pain.001 credit transfers are read, camt.053 statements are written."""
