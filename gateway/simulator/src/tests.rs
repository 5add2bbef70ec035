mod esme;
mod operator;
