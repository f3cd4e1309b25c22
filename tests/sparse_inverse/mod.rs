mod factored;
