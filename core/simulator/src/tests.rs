mod bank;
mod file;
mod http;
