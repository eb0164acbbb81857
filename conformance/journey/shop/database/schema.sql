-- SPDX-License-Identifier: LGPL-2.1-or-later
CREATE DATABASE IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.items (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, price INT NOT NULL);
CREATE TABLE IF NOT EXISTS shop.carts (customer VARCHAR(40) NOT NULL, item INT NOT NULL, amount INT NOT NULL, PRIMARY KEY (customer, item));
CREATE TABLE IF NOT EXISTS shop.orders (ref VARCHAR(60) PRIMARY KEY, customer VARCHAR(40) NOT NULL, total INT NOT NULL);
INSERT IGNORE INTO shop.items VALUES (1, 'anchor', 4900), (2, 'rope, 50 m', 2500), (3, 'lantern', 1290), (4, 'sea chart', 800);
