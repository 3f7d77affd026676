SELECT E'a\'b$c' || 'd''e', a$b, @x, $name;;
;\' OR 1=1 --