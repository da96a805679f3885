"""The pages for people: server-rendered, without JavaScript if need be, nothing loaded from elsewhere."""
